"""Where portfolios, market data, scenarios and runs are kept: one contract, a Supabase and an in-memory store."""
