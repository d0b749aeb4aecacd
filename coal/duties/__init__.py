"""What companies owe by a day, written down and noted when met. `note` of each module may run any number of times, late
and several times at once: rows are written under unique keys, and changed only as long as they are what was seen."""
