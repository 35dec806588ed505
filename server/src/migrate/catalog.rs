//! The tables as they are in the database.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{PgConnection, Row as _, postgres::PgRow};

/// The tables that exist, by their names in the database.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Catalog(BTreeMap<String, CatalogTable>);

/// One table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct CatalogTable {
    pub(super) columns: BTreeMap<String, CatalogColumn>,
    /// Indexes that were not finished.
    pub(super) invalid_indexes: BTreeSet<String>,
}

/// One column.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct CatalogColumn {
    pub(super) data_type: String,
    pub(super) is_not_null: bool,
    pub(super) has_default: bool,
    pub(super) is_unique: bool,
    pub(super) is_indexed: bool,
    pub(super) foreign_key: Option<ForeignKey>,
}

/// A foreign key of one column.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ForeignKey {
    pub(super) name: String,
    pub(super) cascades: bool,
    /// Whether it holds for rows that were there before it.
    pub(super) is_validated: bool,
}

/// Unique means a full unique index of exactly this column, on plain values; indexed, an index that begins with it.
const COLUMNS_QUERY: &str = "
    SELECT wanted.name AS table_name, a.attname::text AS column_name, format_type(a.atttypid, NULL) AS data_type,
           a.attnotnull AS is_not_null, a.atthasdef OR a.attidentity <> '' AS has_default,
           EXISTS (SELECT FROM pg_index i
                   WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
                     AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum) AS is_unique,
           EXISTS (SELECT FROM pg_index i
                   WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL AND i.indkey[0] = a.attnum)
               AS is_indexed,
           f.conname::text AS foreign_key, f.confdeltype = 'c' AS cascades, f.convalidated AS is_validated
    FROM unnest($1::text[]) AS wanted(name)
    JOIN pg_class c ON c.oid = to_regclass(quote_ident(wanted.name)) AND c.relkind IN ('r', 'p')
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN LATERAL (
        SELECT conname, confdeltype, convalidated FROM pg_constraint
        WHERE contype = 'f' AND conrelid = c.oid AND conkey = ARRAY[a.attnum] LIMIT 1) f ON true";

const INVALID_QUERY: &str = "
    SELECT wanted.name, x.relname::text AS index_relname
    FROM unnest($1::text[]) AS wanted(name)
    JOIN pg_index i ON i.indrelid = to_regclass(quote_ident(wanted.name)) AND NOT i.indisvalid
    JOIN pg_class x ON x.oid = i.indexrelid";

/// Tables that look like better-auth's sessions and accounts, under whatever names.
const LOOKALIKE_QUERY: &str = "
    SELECT c.relname::text
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = ANY (SELECT to_regnamespace(quote_ident(n)) FROM unnest(current_schemas(false)) n)
    GROUP BY c.oid, c.relname
    HAVING array_agg(replace(lower(a.attname::text), '_', '')) @> ARRAY['accountid', 'providerid', 'userid', 'accesstoken']
        OR array_agg(replace(lower(a.attname::text), '_', '')) @> ARRAY['token', 'userid', 'expiresat', 'ipaddress', 'useragent']
    ORDER BY c.relname";

impl Catalog {
    /// A catalog of these tables.
    pub(super) fn new(tables: BTreeMap<String, CatalogTable>) -> Self {
        Self(tables)
    }

    /// Reads the tables called `names`, as the connection's `search_path` finds them.
    pub(super) async fn read(connection: &mut PgConnection, names: &[&str]) -> sqlx::Result<Self> {
        let mut tables: BTreeMap<String, CatalogTable> = BTreeMap::new();
        let query = sqlx::query(COLUMNS_QUERY).bind(names);
        for row in query.fetch_all(&mut *connection).await? {
            let table = tables.entry(row.try_get("table_name")?).or_default();
            table
                .columns
                .insert(row.try_get("column_name")?, read_column(&row)?);
        }
        let query = sqlx::query(INVALID_QUERY).bind(names);
        for row in query.fetch_all(connection).await? {
            let table = tables.entry(row.try_get("name")?).or_default();
            table.invalid_indexes.insert(row.try_get("index_relname")?);
        }
        Ok(Self(tables))
    }

    /// Whether none of the tables exists.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The table `name`, if it exists.
    pub(super) fn table(&self, name: &str) -> Option<&CatalogTable> {
        self.0.get(name)
    }
}

/// Tables that look like those of better-auth, where none of its names is found.
pub(super) async fn lookalikes(connection: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(LOOKALIKE_QUERY)
        .fetch_all(connection)
        .await
}

fn read_column(row: &PgRow) -> sqlx::Result<CatalogColumn> {
    let name: Option<String> = row.try_get("foreign_key")?;
    let cascades: Option<bool> = row.try_get("cascades")?;
    let is_validated: Option<bool> = row.try_get("is_validated")?;
    Ok(CatalogColumn {
        data_type: row.try_get("data_type")?,
        is_not_null: row.try_get("is_not_null")?,
        has_default: row.try_get("has_default")?,
        is_unique: row.try_get("is_unique")?,
        is_indexed: row.try_get("is_indexed")?,
        foreign_key: name.map(|name| ForeignKey {
            name,
            cascades: cascades.unwrap_or_default(),
            is_validated: is_validated.unwrap_or_default(),
        }),
    })
}
