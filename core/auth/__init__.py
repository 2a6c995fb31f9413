"""Authentication and authorisation: users and roles, login sessions, login throttle, API tokens."""
