"""From a CRM's files to records: reading, understanding, cleaning."""
