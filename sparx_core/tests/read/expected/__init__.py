"""What a read answers, computed in plain Python from the rows as they were inserted.

Written from the contract of the API, not from its code.
"""
