"""The invented leak: its truth as data, its files made by code."""
