"""Who may do what: users and roles, sessions, throttle, API tokens."""
