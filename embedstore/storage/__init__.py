"""The database file of a store: schema, sessions, spaces, filters and locks."""
