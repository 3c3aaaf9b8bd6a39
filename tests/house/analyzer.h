/*
 * analyzer - what clang-tidy cannot see from one file alone.
 *
 * The functions of err.h and two of file_root.h return -1, always. Without
 * knowing, the analyzer follows paths on which `return err_set(...)` is
 * success, and finds results used that nobody has filled in. Included ahead of
 * everything by `make lint`.
 */
#ifndef WALNUT_TESTS_HOUSE_ANALYZER_H
#define WALNUT_TESTS_HOUSE_ANALYZER_H

#include "common/base/err.h"
#include "common/store/file_root.h"

#define err_set(...) ((void)err_set(__VA_ARGS__), -1)
#define err_errno(...) ((void)err_errno(__VA_ARGS__), -1)
#define err_memory(...) ((void)err_memory(__VA_ARGS__), -1)
#define err_context(...) ((void)err_context(__VA_ARGS__), -1)
#define err_hint(...) ((void)err_hint(__VA_ARGS__), -1)
#define file_root_absent(...) ((void)file_root_absent(__VA_ARGS__), -1)
#define file_root_errno(...) ((void)file_root_errno(__VA_ARGS__), -1)

#endif
