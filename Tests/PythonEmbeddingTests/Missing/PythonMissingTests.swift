import Testing

@Test(.disabled("Python's headers were not found: install libpython3-dev to test the Python package from Swift"))
func embeddedPython() {}
