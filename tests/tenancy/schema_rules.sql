-- What must hold of every table in any database of the product. Each query names offenders: all
-- must return no row. `tt` is the view of tenant tables: those of `public` with a tenant_id.
CREATE TEMP VIEW tt AS
  SELECT c.oid, c.relname, c.relowner, c.relrowsecurity, c.relforcerowsecurity, c.relacl,
         a.attnum AS tenant, a.attnotnull, a.atttypid
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition;

\echo a primary key begins with the tenant
SELECT tt.relname FROM tt
LEFT JOIN pg_constraint k ON k.conrelid = tt.oid AND k.contype = 'p'
WHERE k.oid IS NULL OR k.conkey[1] <> tt.tenant;

\echo every index begins with the tenant (a GIN or GiST holds it)
SELECT tt.relname, i.indexrelid::regclass FROM tt
JOIN pg_index i ON i.indrelid = tt.oid
JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
WHERE CASE WHEN m.amname IN ('gin', 'gist') AND NOT i.indisexclusion
           THEN NOT tt.tenant = ANY (i.indkey::int2[])
           ELSE i.indkey[0] <> tt.tenant END;

\echo a reference between tenant tables carries the tenant on both sides
SELECT tt.relname, k.conname FROM tt
JOIN pg_constraint k ON k.conrelid = tt.oid AND k.contype = 'f'
JOIN tt other ON other.oid = k.confrelid
WHERE NOT EXISTS (SELECT FROM generate_subscripts(k.conkey, 1) g
                  WHERE k.conkey[g] = tt.tenant AND k.confkey[g] = other.tenant);

\echo a reference between tenant tables fails at its statement
SELECT tt.relname, k.conname FROM tt
JOIN pg_constraint k ON k.conrelid = tt.oid AND k.contype = 'f' AND k.condeferrable
JOIN tt other ON other.oid = k.confrelid;

\echo a reference between tenant tables has an index that covers it
SELECT tt.relname, k.conname FROM tt
JOIN pg_constraint k ON k.conrelid = tt.oid AND k.contype = 'f'
JOIN tt other ON other.oid = k.confrelid
WHERE NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = tt.oid
                  AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey);

\echo no global table points at a tenant table
SELECT k.conrelid::regclass, k.conname FROM pg_constraint k
JOIN tt ON tt.oid = k.confrelid
WHERE k.contype = 'f' AND k.conrelid NOT IN (SELECT oid FROM tt);

\echo row-level security is on, and forced on the owner too
SELECT relname FROM tt WHERE NOT (relrowsecurity AND relforcerowsecurity);

\echo exactly one policy, for reading and writing, by the tenant of the transaction
SELECT tt.relname, p.polname FROM tt
LEFT JOIN pg_policy p ON p.polrelid = tt.oid
WHERE p.oid IS NULL OR p.polcmd <> '*'
   OR pg_get_expr(p.polqual, p.polrelid) IS DISTINCT FROM '(tenant_id = app_tenant())'
   OR pg_get_expr(p.polwithcheck, p.polrelid) IS DISTINCT FROM '(tenant_id = app_tenant())';

\echo tenant_id is bigint, required, and filled by nobody but the writer
SELECT relname FROM tt
WHERE NOT attnotnull OR atttypid <> 'int8'::regtype
   OR EXISTS (SELECT FROM pg_attrdef d WHERE d.adrelid = tt.oid AND d.adnum = tt.tenant);

\echo a table without a tenant is one of the few known
SELECT c.relname FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.oid NOT IN (SELECT oid FROM tt)
  AND c.relname NOT IN ('tenancy_tenant', 'auth_user', 'auth_group', 'auth_permission',
                        'auth_group_permissions', 'django_content_type', 'django_migrations',
                        'auth_two_step', 'auth_user_session', 'auth_platform_staff',
                        'auth_platform_entry', 'django_session');

\echo the application's login bypasses nothing, owns nothing and is a member of nobody who does
SELECT rolname FROM pg_roles
WHERE rolname = 'crm_app' AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)
UNION ALL
SELECT relname::text FROM tt WHERE relowner = 'crm_app'::regrole
UNION ALL
SELECT b.rolname FROM pg_roles b
WHERE (b.rolsuper OR b.rolbypassrls OR b.oid IN (SELECT relowner FROM tt))
  AND b.rolname <> 'crm_app' AND pg_has_role('crm_app', b.oid, 'member');

\echo the application's login may not truncate, refer to or put triggers on a tenant table
SELECT tt.relname, p FROM tt, unnest(ARRAY['TRUNCATE', 'REFERENCES', 'TRIGGER']) p
WHERE has_table_privilege('crm_app', tt.oid, p);

\echo nothing is granted to everybody
SELECT tt.relname FROM tt, aclexplode(tt.relacl) a WHERE a.grantee = 0;

\echo a view over tenant tables asks with its reader's rights; none is materialised
SELECT DISTINCT v.oid::regclass FROM pg_rewrite w
JOIN pg_class v ON v.oid = w.ev_class AND v.relkind IN ('v', 'm')
 AND v.relnamespace = 'public'::regnamespace
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
 AND d.refobjid IN (SELECT oid FROM tt)
WHERE v.relkind = 'm'
   OR NOT coalesce(v.reloptions, '{}')::text[] && ARRAY['security_invoker=true',
                                                        'security_invoker=on'];

\echo a function with its owner's rights is a known search, and pins its search_path
SELECT p.oid::regprocedure FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
  AND (p.proname NOT IN ('customer_search', 'order_search')
       OR p.proowner <> 'crm_search'::regrole
       OR NOT EXISTS (SELECT FROM unnest(p.proconfig) c WHERE c LIKE 'search_path=%'));

\echo no triggers: they are not portable to Citus
SELECT tt.relname, g.tgname FROM tt
JOIN pg_trigger g ON g.tgrelid = tt.oid AND NOT g.tgisinternal;

\echo identity columns are bigint
SELECT tt.relname, a.attname FROM tt
JOIN pg_attribute a ON a.attrelid = tt.oid AND a.attidentity <> '' AND a.atttypid <> 'int8'::regtype;
