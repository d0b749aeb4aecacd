"""The kinds of ledger on the site: each declares its columns; pages, jobs and commands follow."""
