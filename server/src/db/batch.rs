//! A bounded part of the rows that have had their time.

use time::OffsetDateTime;

use super::Conn;

/// Advisory locks are numbers, one space per database; this one is "authbkcl" in ASCII.
const TURN: i64 = 0x6175_7468_626b_636c;

/// Which rows one statement may remove. Each statement is a transaction, and holds the lock [`TURN`] while it runs and no
/// longer: of all servers on a database one removes at a time, also through a pooler in transaction mode.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// Not before this time: where the statement before ended. An index keeps the entries of removed rows until the next
    /// vacuum, and whoever began at its start each time would pass them all each time.
    pub from: OffsetDateTime,
    /// Before this time.
    pub before: OffsetDateTime,
    /// How many at most.
    pub rows: u32,
}

/// What one statement has removed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Removed {
    /// How many rows.
    pub rows: u64,
    /// The time of the last one.
    pub last: Option<OffsetDateTime>,
}

impl Batch {
    /// Runs `sql`, which takes the lock's number, [`Batch::from`], [`Batch::before`] and [`Batch::rows`], and gives whether
    /// it got the lock, how many rows it removed and the time of the last one. `None` where another server is removing.
    ///
    /// Rows are found by their place (`ctid`) once they are locked: by id it takes five times as long. Their time is looked at
    /// once more, as the parts of a partitioned table have rows in the same places.
    ///
    /// # Errors
    /// The database refuses it.
    pub(crate) async fn run(
        &self,
        db: &mut Conn,
        sql: &'static str,
    ) -> sqlx::Result<Option<Removed>> {
        let query = sqlx::query_as(db.sql(sql))
            .bind(TURN)
            .bind(self.from)
            .bind(self.before)
            .bind(i64::from(self.rows));
        let (is_mine, rows, last): (bool, i64, _) = query.fetch_one(&mut **db).await?;
        let rows = u64::try_from(rows).unwrap_or(0);
        Ok(is_mine.then_some(Removed { rows, last }))
    }
}
