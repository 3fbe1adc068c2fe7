"""Schedules between files and database: brought into line, fired when they are due, made up for when they were not."""
