"""What is kept of every call: the journal, in one SQLite file that all services of a machine share."""
