"""PostgreSQL and Redis without installing them: launched, guarded, shared and revived by Poise itself."""
