"""When a report is due: cron in a time zone, an exchange's sessions, and what becomes of slots that were missed."""

from riskkit.schedules.cron import Cron
from riskkit.schedules.exchange import Exchange, Session
from riskkit.schedules.misfire import Decision, due
from riskkit.schedules.slots import Slot, slots
from riskkit.schedules.timetable import Misfire, Timetable

__all__ = ["Cron", "Decision", "Exchange", "Misfire", "Session", "Slot", "Timetable", "due", "slots"]
