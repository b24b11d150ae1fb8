"""Schedules beside what happens to their entries."""
