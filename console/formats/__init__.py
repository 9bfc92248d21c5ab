"""How languages write numbers, where Django does not know (FORMAT_MODULE_PATH)."""
