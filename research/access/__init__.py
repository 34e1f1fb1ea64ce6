"""Who may do what: API keys, sign-ins of the viewer, what tenants share and may use a day."""
