"""A made-up county with a season behind it and one under way, for trying the site out. Same seed, same data."""
