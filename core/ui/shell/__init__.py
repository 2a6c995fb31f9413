"""Shared by all pages: guard, login, navigation, messages, formats, charts."""
