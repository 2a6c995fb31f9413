"""Authentication and authorisation: users and roles, sessions, login throttle, API tokens."""
