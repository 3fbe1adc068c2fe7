"""What `riskkit demo` puts into the embedded Supabase: two teams, their books, real market data, scenarios."""
