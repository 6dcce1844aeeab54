"""Training within its process: the loop as a generator of records, the tasks, the session.

Imports core.runs, run_files, config, models, data, interpret; needs torch. `python -m core.train`
is its command.
"""
