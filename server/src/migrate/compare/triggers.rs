//! Triggers that tell servers of changes of what they have in memory: there while the settings want sessions in memory.

use sqlx::PgConnection;

use super::Comparing;
use crate::{db::TRIGGERS, migrate::difference::Difference};

impl Comparing<'_> {
    pub(super) async fn triggers(&mut self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let tables = &self.desired.tables;
        for trigger in &TRIGGERS {
            let (is_as_wanted, is_there) = trigger.look(connection, tables).await?;
            let (finding, statements) = match self.desired.session_memory {
                true if !is_as_wanted => (
                    "does not tell servers of changes, which session.memoryCache needs",
                    trigger.create(tables),
                ),
                false if is_there => (
                    "tells servers of changes, which nothing needs without session.memoryCache",
                    trigger.remove(tables),
                ),
                true | false => continue,
            };
            let table = tables.table_name(trigger.table);
            let difference = Difference::change(table, None, finding, vec![statements]);
            self.found.push(difference);
        }
        Ok(())
    }
}
