#include "tests/unit/store_driver.h"

#include <stdio.h>
#include <string.h>

#include <check.h>

#include "common/store/file_store.h"
#include "common/store/memory_store.h"
#include "tests/unit/scratch.h"

void
store_driver_open(struct store_driver *driver, int kind)
{
	memset(driver, 0, sizeof *driver);
	driver->scratch = scratch_make();
	if (kind == STORE_DRIVER_FILE) {
		driver->store = file_store_new(driver->scratch, &driver->err);
	} else {
		driver->store = memory_store_new(&driver->err);
		ck_assert_ptr_nonnull(driver->store);
		if (kind == STORE_DRIVER_FAULTLESS)
			driver->store = faulty_store_new(
			    driver->store, &driver->plan, &driver->err);
	}
	ck_assert_ptr_nonnull(driver->store);
}

void
store_driver_close(struct store_driver *driver)
{
	store_free(driver->store);
	scratch_remove(driver->scratch);
}

void
store_driver_put(struct store_driver *driver, const char *name,
		 const char *text)
{
	ck_assert_msg(store_put_bytes(driver->store, name, STORE_NEW, text,
				      strlen(text), &driver->err) == 0,
		      "%s", driver->err.message);
}

void
store_driver_expect(struct store_driver *driver, const char *name,
		    const char *text)
{
	struct buf buf = BUF_INIT(1 << 20);

	ck_assert_msg(
	    store_get_bytes(driver->store, name, &buf, &driver->err) == 0, "%s",
	    driver->err.message);
	ck_assert_str_eq(buf_text(&buf), text);
	buf_free(&buf);
}

void
store_driver_expect_error(struct store_driver *driver, enum err_kind kind,
			  const char *name)
{
	const char *message = driver->err.message;
	char begin[ERR_MESSAGE_SIZE];

	ck_assert_msg(driver->err.kind == kind, "kind %d: %s",
		      (int)driver->err.kind, message);
	(void)snprintf(begin, sizeof begin, "%s/%s: ", driver->store->url,
		       name);
	ck_assert_msg(strncmp(message, begin, strlen(begin)) == 0,
		      "\"%s\" does not begin with \"%s\"", message, begin);
	memset(&driver->err, 0, sizeof driver->err);
}

int
store_driver_count(void *context, const struct store_object *object,
		   struct err *err)
{
	(void)object;
	(void)err;
	++*(int *)context;
	return 0;
}
