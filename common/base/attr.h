/*
 * attr - the two compiler attributes the house uses beyond C11.
 */
#ifndef WALNUT_BASE_ATTR_H
#define WALNUT_BASE_ATTR_H

/* Argument `format` is a printf format, arguments from `first` on feed it. */
#define PRINTF_LIKE(format_at, first) \
	__attribute__((format(printf, format_at, first)))

/* The compiler warns where the result is thrown away. */
#define MUST_CHECK __attribute__((warn_unused_result))

#endif
