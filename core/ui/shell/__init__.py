"""What every page stands in: guard, login, navigation, messages, formats, charts."""
