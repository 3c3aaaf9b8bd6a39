/*
 * stopwatch FILE COMMAND...: run a command and append to FILE a line with its
 * wall time and processor time in seconds and the KiB of its largest process.
 * Exits as the command does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
seconds_of(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double
now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	struct rusage usage;
	double began;
	double wall;
	FILE *file;
	pid_t pid;
	int status;

	if (argc < 3) {
		(void)fprintf(stderr, "usage: stopwatch FILE COMMAND...\n");
		return 2;
	}
	began = now();
	pid = fork();
	if (pid == 0) {
		(void)execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("stopwatch");
		return 125;
	}
	wall = now() - began;
	(void)getrusage(RUSAGE_CHILDREN, &usage);
	file = fopen(argv[1], "a");
	if (file == NULL ||
	    fprintf(file, "%.4f %.4f %ld\n", wall,
		    seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
		    usage.ru_maxrss) < 0 ||
	    fclose(file) != 0) {
		perror(argv[1]);
		return 125;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
