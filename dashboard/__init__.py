"""The dashboard: everything between `core` and the pages. Imports core, is imported by pages."""
