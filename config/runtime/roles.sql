-- The logins of the product (docs/tenancy.md). For the whole server; may be run again.
--   crm_owner   owns tables and runs migrations. BYPASSRLS: under FORCE ROW LEVEL SECURITY a data
--               migration of anybody else would change 0 rows without a word.
--   crm_app     pages, API and tenants' jobs: owns nothing, bypasses nothing, member of nothing.
--   crm_system  the scheduler's reads across tenants.
--   crm_search  owns the few SECURITY DEFINER search functions; nobody logs in as it.
-- Passwords are set apart, by config/runtime/roles.py.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_owner') THEN
    CREATE ROLE crm_owner LOGIN BYPASSRLS;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_app') THEN
    CREATE ROLE crm_app LOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_system') THEN
    CREATE ROLE crm_system LOGIN BYPASSRLS;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_search') THEN
    CREATE ROLE crm_search NOLOGIN BYPASSRLS;
  END IF;
  -- Migrations hand their search functions over to crm_search and replace them later.
  IF NOT pg_has_role('crm_owner', 'crm_search', 'MEMBER') THEN
    GRANT crm_search TO crm_owner;
  END IF;
  -- So that the operator's page sees what runs for how long. Where the administrator may not
  -- grant it, that page shows less.
  BEGIN
    GRANT pg_read_all_stats TO crm_system;
  EXCEPTION WHEN insufficient_privilege THEN NULL;
  END;
  -- An administrator who is no superuser must belong to a role to give it a database.
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
     AND NOT pg_has_role(current_user, 'crm_owner', 'USAGE') THEN
    EXECUTE format('GRANT crm_owner TO %I', current_user);
  END IF;
END
$$;
