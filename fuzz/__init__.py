"""Throws made-up files at everything that reads files from outside; see README.md here."""
