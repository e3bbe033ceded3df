-- A store of schema 2, as version 0.1.0 left it when it was killed: one booking is over, one session runs.
-- The version is not in what SQLite dumps.
PRAGMA user_version = 2;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE events (
        company_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        data TEXT NOT NULL,
        PRIMARY KEY (company_id, seq)
    ) STRICT, WITHOUT ROWID;
INSERT INTO events VALUES('acme',1,1795518918261,'company_set','{"company_set":{"name":"Acme & Co","settings":{"offer_timeout_ms":60000,"delivery_timeout_ms":3000,"booking_deadline_ms":600000,"max_missed":2,"employee_grace_ms":600000,"intent_lapse_ms":1800000,"client_grace_ms":600000,"session_grace_ms":60000,"wrap_up_ms":0}}}');
INSERT INTO events VALUES('acme',2,1795518918272,'employee_set','{"employee_set":{"employee":0,"id":"ann","name":"Änn","topics":["law","tax"]}}');
INSERT INTO events VALUES('acme',3,1795518918283,'employee_set','{"employee_set":{"employee":1,"id":"bob","name":"Bob","topics":[]}}');
INSERT INTO events VALUES('demo',1,1795518918196,'company_set','{"company_set":{"name":"Demo","settings":{"offer_timeout_ms":15000,"delivery_timeout_ms":3000,"booking_deadline_ms":120000,"max_missed":2,"employee_grace_ms":10000,"intent_lapse_ms":1800000,"client_grace_ms":15000,"session_grace_ms":60000,"wrap_up_ms":0}}}');
INSERT INTO events VALUES('demo',2,1795518918230,'employee_set','{"employee_set":{"employee":0,"id":"erika-918230","name":"Erika","topics":["tax-918230"]}}');
INSERT INTO events VALUES('demo',3,1795518918230,'employee_connected','{"employee_connected":{"employee":0}}');
INSERT INTO events VALUES('demo',4,1795518918232,'employee_set','{"employee_set":{"employee":1,"id":"max-918230","name":"Max","topics":["tax-918230"]}}');
INSERT INTO events VALUES('demo',5,1795518918232,'employee_connected','{"employee_connected":{"employee":1}}');
INSERT INTO events VALUES('demo',6,1795518918233,'intent_set','{"intent_set":{"employee":0,"intent":"idle","by":"employee"}}');
INSERT INTO events VALUES('demo',7,1795518918233,'intent_set','{"intent_set":{"employee":1,"intent":"idle","by":"employee"}}');
INSERT INTO events VALUES('demo',8,1795518918233,'booking_opened','{"booking_opened":{"booking":"01a20d44-6e59-71d3-b53f-be137dc618cf","client":"alice-918230","topic":"tax-918230","note":"{\"question\":\"may I deduct my bicycle?\"}","key":null}}');
INSERT INTO events VALUES('demo',9,1795518918233,'offer_made','{"offer_made":{"offer":"01a20d44-6e59-71d3-b53f-be137dc618cf.1","employee":0,"expires_at":1795518933233}}');
INSERT INTO events VALUES('demo',10,1795518918234,'offer_closed','{"offer_closed":{"offer":"01a20d44-6e59-71d3-b53f-be137dc618cf.1","outcome":"rejected","reason":null}}');
INSERT INTO events VALUES('demo',11,1795518918234,'offer_made','{"offer_made":{"offer":"01a20d44-6e59-71d3-b53f-be137dc618cf.2","employee":1,"expires_at":1795518933234}}');
INSERT INTO events VALUES('demo',12,1795518918240,'offer_accepted','{"offer_accepted":{"offer":"01a20d44-6e59-71d3-b53f-be137dc618cf.2","session":"01a20d44-6e60-76f2-be25-e0b8db2d82fe"}}');
INSERT INTO events VALUES('demo',13,1795518918240,'party_entered','{"party_entered":{"session":"01a20d44-6e60-76f2-be25-e0b8db2d82fe","party":"client"}}');
INSERT INTO events VALUES('demo',14,1795518918241,'party_entered','{"party_entered":{"session":"01a20d44-6e60-76f2-be25-e0b8db2d82fe","party":"employee"}}');
INSERT INTO events VALUES('demo',15,1795518918241,'message_sent','{"message_sent":{"session":"01a20d44-6e60-76f2-be25-e0b8db2d82fe","message":"01a20d44-6e61-733e-ad70-85b12fe12410","from":"client","body":"Good morning, Max!","key":null}}');
INSERT INTO events VALUES('demo',16,1795518918241,'session_ended','{"session_ended":{"session":"01a20d44-6e60-76f2-be25-e0b8db2d82fe","by":"employee","reason":"answered"}}');
INSERT INTO events VALUES('demo',17,1795518918241,'intent_set','{"intent_set":{"employee":0,"intent":"offline","by":"employee"}}');
INSERT INTO events VALUES('demo',18,1795518918242,'intent_set','{"intent_set":{"employee":1,"intent":"offline","by":"employee"}}');
INSERT INTO events VALUES('demo',19,1795518918242,'employee_disconnected','{"employee_disconnected":{"employee":0}}');
INSERT INTO events VALUES('demo',20,1795518918246,'employee_disconnected','{"employee_disconnected":{"employee":1}}');
CREATE TABLE snapshots (
        company_id TEXT PRIMARY KEY,
        seq INTEGER NOT NULL,
        data TEXT NOT NULL
    ) STRICT;
CREATE TABLE companies (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        settings TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO companies VALUES('acme','Acme & Co','{"offer_timeout_ms":60000,"delivery_timeout_ms":3000,"booking_deadline_ms":600000,"max_missed":2,"employee_grace_ms":600000,"intent_lapse_ms":1800000,"client_grace_ms":600000,"session_grace_ms":60000,"wrap_up_ms":0}',1795518918261);
INSERT INTO companies VALUES('demo','Demo','{"offer_timeout_ms":15000,"delivery_timeout_ms":3000,"booking_deadline_ms":120000,"max_missed":2,"employee_grace_ms":10000,"intent_lapse_ms":1800000,"client_grace_ms":15000,"session_grace_ms":60000,"wrap_up_ms":0}',1795518918196);
CREATE TABLE employees (
        company_id TEXT NOT NULL,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        topics TEXT NOT NULL,
        intent TEXT NOT NULL,
        PRIMARY KEY (company_id, id)
    ) STRICT, WITHOUT ROWID;
INSERT INTO employees VALUES('acme','ann','Änn','["law","tax"]','offline');
INSERT INTO employees VALUES('acme','bob','Bob','[]','offline');
INSERT INTO employees VALUES('demo','erika-918230','Erika','["tax-918230"]','offline');
INSERT INTO employees VALUES('demo','max-918230','Max','["tax-918230"]','offline');
CREATE TABLE bookings (
        company_id TEXT NOT NULL,
        id TEXT NOT NULL,
        client_id TEXT NOT NULL,
        topic TEXT NOT NULL,
        note TEXT,
        state TEXT NOT NULL,
        reason TEXT,
        offers INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        ended_at INTEGER,
        session_id TEXT,
        employee_id TEXT,
        employee_name TEXT,
        PRIMARY KEY (company_id, id)
    ) STRICT, WITHOUT ROWID;
INSERT INTO bookings VALUES('demo','01a20d44-6e59-71d3-b53f-be137dc618cf','alice-918230','tax-918230','{"question":"may I deduct my bicycle?"}','assigned',NULL,2,1795518918233,NULL,'01a20d44-6e60-76f2-be25-e0b8db2d82fe','max-918230','Max');
CREATE TABLE offers (
        company_id TEXT NOT NULL,
        booking_id TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        employee_id TEXT NOT NULL,
        made_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        delivered_at INTEGER,
        closed_at INTEGER,
        outcome TEXT,
        reason TEXT,
        PRIMARY KEY (company_id, booking_id, attempt)
    ) STRICT, WITHOUT ROWID;
INSERT INTO offers VALUES('demo','01a20d44-6e59-71d3-b53f-be137dc618cf',1,'erika-918230',1795518918233,1795518933233,NULL,1795518918234,'rejected',NULL);
INSERT INTO offers VALUES('demo','01a20d44-6e59-71d3-b53f-be137dc618cf',2,'max-918230',1795518918234,1795518933234,NULL,1795518918240,'accepted',NULL);
CREATE TABLE sessions (
        company_id TEXT NOT NULL,
        id TEXT NOT NULL,
        booking_id TEXT NOT NULL,
        client_id TEXT NOT NULL,
        employee_id TEXT NOT NULL,
        topic TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        ended_at INTEGER,
        ended_by TEXT,
        reason TEXT,
        PRIMARY KEY (company_id, id)
    ) STRICT, WITHOUT ROWID;
INSERT INTO sessions VALUES('demo','01a20d44-6e60-76f2-be25-e0b8db2d82fe','01a20d44-6e59-71d3-b53f-be137dc618cf','alice-918230','max-918230','tax-918230',1795518918240,1795518918241,'employee','answered');
CREATE TABLE messages (
        company_id TEXT NOT NULL,
        session_id TEXT NOT NULL,
        id TEXT NOT NULL,
        sender TEXT NOT NULL,
        body TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (company_id, session_id, id)
    ) STRICT, WITHOUT ROWID;
INSERT INTO messages VALUES('demo','01a20d44-6e60-76f2-be25-e0b8db2d82fe','01a20d44-6e61-733e-ad70-85b12fe12410','client','Good morning, Max!',1795518918241);
CREATE TABLE probe (id INTEGER PRIMARY KEY, padding BLOB NOT NULL) STRICT;
CREATE TABLE log (batch INTEGER PRIMARY KEY, entries TEXT NOT NULL) STRICT;
INSERT INTO log VALUES(1,replace('{"company":"demo","seq":1,"at":1795518918196,"events":[{"company_set":{"name":"Demo","settings":{"offer_timeout_ms":15000,"delivery_timeout_ms":3000,"booking_deadline_ms":120000,"max_missed":2,"employee_grace_ms":10000,"intent_lapse_ms":1800000,"client_grace_ms":15000,"session_grace_ms":60000,"wrap_up_ms":0}}}]}\n','\n',char(10)));
INSERT INTO log VALUES(2,replace('{"company":"demo","seq":2,"at":1795518918230,"events":[{"employee_set":{"employee":0,"id":"erika-918230","name":"Erika","topics":["tax-918230"]}},{"employee_connected":{"employee":0}}]}\n','\n',char(10)));
INSERT INTO log VALUES(3,replace('{"company":"demo","seq":4,"at":1795518918232,"events":[{"employee_set":{"employee":1,"id":"max-918230","name":"Max","topics":["tax-918230"]}},{"employee_connected":{"employee":1}}]}\n','\n',char(10)));
INSERT INTO log VALUES(4,replace('{"company":"demo","seq":6,"at":1795518918233,"events":[{"intent_set":{"employee":0,"intent":"idle","by":"employee"}}]}\n','\n',char(10)));
INSERT INTO log VALUES(5,replace('{"company":"demo","seq":7,"at":1795518918233,"events":[{"intent_set":{"employee":1,"intent":"idle","by":"employee"}}]}\n','\n',char(10)));
INSERT INTO log VALUES(6,replace('{"company":"demo","seq":8,"at":1795518918233,"events":[{"booking_opened":{"booking":"01a20d44-6e59-71d3-b53f-be137dc618cf","client":"alice-918230","topic":"tax-918230","note":"{\"question\":\"may I deduct my bicycle?\"}","key":null}},{"offer_made":{"offer":"01a20d44-6e59-71d3-b53f-be137dc618cf.1","employee":0,"expires_at":1795518933233}}]}\n','\n',char(10)));
INSERT INTO log VALUES(7,replace('{"company":"demo","seq":10,"at":1795518918234,"events":[{"offer_closed":{"offer":"01a20d44-6e59-71d3-b53f-be137dc618cf.1","outcome":"rejected","reason":null}},{"offer_made":{"offer":"01a20d44-6e59-71d3-b53f-be137dc618cf.2","employee":1,"expires_at":1795518933234}}]}\n','\n',char(10)));
INSERT INTO log VALUES(8,replace('{"company":"demo","seq":12,"at":1795518918240,"events":[{"offer_accepted":{"offer":"01a20d44-6e59-71d3-b53f-be137dc618cf.2","session":"01a20d44-6e60-76f2-be25-e0b8db2d82fe"}}]}\n','\n',char(10)));
INSERT INTO log VALUES(9,replace('{"company":"demo","seq":13,"at":1795518918240,"events":[{"party_entered":{"session":"01a20d44-6e60-76f2-be25-e0b8db2d82fe","party":"client"}}]}\n','\n',char(10)));
INSERT INTO log VALUES(10,replace('{"company":"demo","seq":14,"at":1795518918241,"events":[{"party_entered":{"session":"01a20d44-6e60-76f2-be25-e0b8db2d82fe","party":"employee"}}]}\n','\n',char(10)));
INSERT INTO log VALUES(11,replace('{"company":"demo","seq":15,"at":1795518918241,"events":[{"message_sent":{"session":"01a20d44-6e60-76f2-be25-e0b8db2d82fe","message":"01a20d44-6e61-733e-ad70-85b12fe12410","from":"client","body":"Good morning, Max!","key":null}}]}\n','\n',char(10)));
INSERT INTO log VALUES(12,replace('{"company":"demo","seq":16,"at":1795518918241,"events":[{"session_ended":{"session":"01a20d44-6e60-76f2-be25-e0b8db2d82fe","by":"employee","reason":"answered"}}]}\n','\n',char(10)));
INSERT INTO log VALUES(13,replace('{"company":"demo","seq":17,"at":1795518918241,"events":[{"intent_set":{"employee":0,"intent":"offline","by":"employee"}}]}\n','\n',char(10)));
INSERT INTO log VALUES(14,replace('{"company":"demo","seq":18,"at":1795518918242,"events":[{"intent_set":{"employee":1,"intent":"offline","by":"employee"}}]}\n','\n',char(10)));
INSERT INTO log VALUES(15,replace('{"company":"demo","seq":19,"at":1795518918242,"events":[{"employee_disconnected":{"employee":0}}]}\n','\n',char(10)));
INSERT INTO log VALUES(16,replace('{"company":"demo","seq":20,"at":1795518918246,"events":[{"employee_disconnected":{"employee":1}}]}\n','\n',char(10)));
INSERT INTO log VALUES(17,replace('{"company":"acme","seq":1,"at":1795518918261,"events":[{"company_set":{"name":"Acme & Co","settings":{"offer_timeout_ms":60000,"delivery_timeout_ms":3000,"booking_deadline_ms":600000,"max_missed":2,"employee_grace_ms":600000,"intent_lapse_ms":1800000,"client_grace_ms":600000,"session_grace_ms":60000,"wrap_up_ms":0}}}]}\n','\n',char(10)));
INSERT INTO log VALUES(18,replace('{"company":"acme","seq":2,"at":1795518918272,"events":[{"employee_set":{"employee":0,"id":"ann","name":"Änn","topics":["law","tax"]}}]}\n','\n',char(10)));
INSERT INTO log VALUES(19,replace('{"company":"acme","seq":3,"at":1795518918283,"events":[{"employee_set":{"employee":1,"id":"bob","name":"Bob","topics":[]}}]}\n','\n',char(10)));
INSERT INTO log VALUES(20,replace('{"company":"acme","seq":4,"at":1795518919029,"events":[{"employee_connected":{"employee":0}}]}\n','\n',char(10)));
INSERT INTO log VALUES(21,replace('{"company":"acme","seq":5,"at":1795518919031,"events":[{"intent_set":{"employee":0,"intent":"idle","by":"employee"}}]}\n','\n',char(10)));
INSERT INTO log VALUES(22,replace('{"company":"acme","seq":6,"at":1795518919036,"events":[{"booking_opened":{"booking":"01a20d44-717c-753b-b033-35e601fe3719","client":"carl","topic":"tax","note":"{\"page\":1}","key":"k1"}},{"offer_made":{"offer":"01a20d44-717c-753b-b033-35e601fe3719.1","employee":0,"expires_at":1795518979036}}]}\n','\n',char(10)));
INSERT INTO log VALUES(23,replace('{"company":"acme","seq":8,"at":1795518919037,"events":[{"offer_accepted":{"offer":"01a20d44-717c-753b-b033-35e601fe3719.1","session":"01a20d44-717d-7517-81e0-c5c2118e746b"}}]}\n','\n',char(10)));
INSERT INTO log VALUES(24,replace('{"company":"acme","seq":9,"at":1795518919046,"events":[{"client_disconnected":{"client":"carl"}}]}\n','\n',char(10)));
INSERT INTO log VALUES(25,replace('{"company":"acme","seq":10,"at":1795518919046,"events":[{"employee_disconnected":{"employee":0}}]}\n','\n',char(10)));
INSERT INTO log VALUES(26,replace('{"company":"late","seq":1,"at":1795518919053,"events":[{"company_set":{"name":"Written last","settings":{"offer_timeout_ms":15000,"delivery_timeout_ms":3000,"booking_deadline_ms":120000,"max_missed":2,"employee_grace_ms":10000,"intent_lapse_ms":1800000,"client_grace_ms":15000,"session_grace_ms":60000,"wrap_up_ms":0}}}]}\n','\n',char(10)));
CREATE INDEX employees_who_want_to_work ON employees (company_id) WHERE intent = 'idle';
CREATE INDEX bookings_that_search ON bookings (company_id) WHERE state = 'offering';
CREATE INDEX bookings_by_client ON bookings (company_id, client_id, id);
CREATE INDEX bookings_by_employee ON bookings (company_id, employee_id, id) WHERE employee_id IS NOT NULL;
CREATE UNIQUE INDEX sessions_by_id ON sessions (id);
CREATE INDEX sessions_that_run ON sessions (company_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_client ON sessions (company_id, client_id, id);
CREATE INDEX sessions_by_employee ON sessions (company_id, employee_id, id);
COMMIT;
