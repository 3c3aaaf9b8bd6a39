/*
 * origin - where a process number means something.
 *
 * Two machines may have one name, and two containers may share a name but not
 * their processes; "is process 123 still there" may only be asked where 123 was
 * given out.
 */
#ifndef WALNUT_BASE_ORIGIN_H
#define WALNUT_BASE_ORIGIN_H

/* Room for any text origin_find writes, with its NUL. */
#define ORIGIN_TEXT_SIZE 96

/*
 * origin_find - a text that is the same for all processes that see each other's
 * numbers, and different for all others, after the next boot too. "" where the
 * system does not tell.
 * Source: Linux, random(4) boot_id and pid_namespaces(7).
 */
void origin_find(char text[ORIGIN_TEXT_SIZE]);

#endif
