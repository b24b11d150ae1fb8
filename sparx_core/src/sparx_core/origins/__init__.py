"""The web origins whose pages may call the API from a browser, tenant by tenant."""
