-- Rights inside one database of the product. Run by the administrator, connected to it, before the
-- first migration; may be run again. Nothing is granted to PUBLIC.
ALTER SCHEMA public OWNER TO crm_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO crm_app, crm_system;
-- ALTER FUNCTION ... OWNER TO crm_search asks for CREATE on the schema.
GRANT USAGE, CREATE ON SCHEMA public TO crm_search;

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA public;

ALTER DEFAULT PRIVILEGES FOR ROLE crm_owner
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO crm_app, crm_system;
ALTER DEFAULT PRIVILEGES FOR ROLE crm_owner
  GRANT USAGE, SELECT ON SEQUENCES TO crm_app, crm_system;
ALTER DEFAULT PRIVILEGES FOR ROLE crm_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE crm_owner
  GRANT EXECUTE ON FUNCTIONS TO crm_app, crm_system, crm_search;
