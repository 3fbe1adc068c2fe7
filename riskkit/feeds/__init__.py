"""Outside data to factor series: files read strictly, prices put in order, nothing filled silently."""
