"""A single-machine Supabase for development: real PostgreSQL, and a loopback gateway for the official client.

It speaks the slices of Auth, REST, Storage and Realtime that riskkit calls, answers a clear error for the rest, and
refuses to listen beyond loopback. The same migrations, policies and client calls run on it and on hosted Supabase.
"""
