"""One module a kind of job. Its name is the kind.

Each has `run(task)`, which gives what the job has to show or nothing; and `SLOT`, the workers' hands that
it needs: `long` for what takes minutes, `file` for files that somebody waits for, `short` for what must
not wait behind either.
"""
