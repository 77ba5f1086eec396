-- 1. The table. A key is an address as 32 hexadecimal digits, which sort as addresses do: an IPv4 address as the IPv6
-- address ::ffff:a.b.c.d, so that one look-up answers both families.
CREATE OR REPLACE TEMPORARY VIEW netwicket_csv
(
    family STRING, start_ip STRING, end_ip STRING, start_int STRING, end_int STRING, network_bucket STRING,
    decision STRING, reason STRING, zone STRING, rule STRING
    , was_decision STRING, was_reason STRING, was_zone STRING, was_rule STRING
)
USING csv OPTIONS (path 'policy.csv.gz', header 'true', escape '"');

-- 2. Load.
CREATE TABLE netwicket_ranges USING parquet AS
SELECT
    CASE family WHEN '4' THEN concat('4', lpad(lower(hex(CAST(network_bucket AS BIGINT))), 4, '0')) ELSE concat('6', network_bucket) END AS bucket,
    CASE family WHEN '4' THEN concat('00000000000000000000ffff', lpad(lower(hex(CAST(start_int AS BIGINT))), 8, '0')) ELSE start_int END AS first,
    CASE family WHEN '4' THEN concat('00000000000000000000ffff', lpad(lower(hex(CAST(end_int AS BIGINT))), 8, '0')) ELSE end_int END AS last,
    was_decision,
    was_reason,
    coalesce(was_zone, '') AS was_zone,
    coalesce(was_rule, '') AS was_rule,
    decision,
    reason,
    coalesce(zone, '') AS zone,
    coalesce(rule, '') AS rule
FROM netwicket_csv;
-- Requests with their keys; what is no address has none. The last 32 bits of an IPv6 address may be written as IPv4.
CREATE OR REPLACE TEMPORARY VIEW netwicket_keys AS
WITH quads AS (
    SELECT client, regexp_extract(client, '^(.*:)?((?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$', 2) AS quad
    FROM requests
), hexes AS (
    SELECT client, quad,
        CASE WHEN quad <> '' THEN array_join(transform(split(quad, '[.]'), part -> lpad(lower(hex(CAST(part AS BIGINT))), 2, '0')), '') END AS quad_hex
    FROM quads
), texts AS (
    SELECT client,
        CASE
            WHEN quad = client THEN concat('::ffff:', substr(quad_hex, 1, 4), ':', substr(quad_hex, 5, 4))
            WHEN quad <> '' THEN concat(lower(substr(client, 1, length(client) - length(quad))), substr(quad_hex, 1, 4), ':', substr(quad_hex, 5, 4))
            ELSE lower(client)
        END AS text
    FROM hexes
), parts AS (
    SELECT client, text,
        array_join(transform(filter(split(substring_index(text, '::', 1), ':'), part -> part <> ''), part -> lpad(part, 4, '0')), '') AS head,
        CASE WHEN instr(text, '::') > 0
            THEN array_join(transform(filter(split(substring_index(text, '::', -1), ':'), part -> part <> ''), part -> lpad(part, 4, '0')), '') END AS tail
    FROM texts
)
SELECT client,
    CASE
        WHEN text IS NULL OR NOT text RLIKE '^([0-9a-f]{1,4}(:[0-9a-f]{1,4})*)?(::([0-9a-f]{1,4}(:[0-9a-f]{1,4})*)?)?$' THEN NULL
        WHEN tail IS NULL THEN CASE WHEN length(head) = 32 THEN head END
        WHEN length(head) + length(tail) > 28 THEN NULL
        ELSE concat(rpad(head, 32 - length(tail), '0'), tail)
    END AS key
FROM parts;

-- 3. Decisions about requests(client STRING). Not for a table with --no-buckets.
SELECT
    a.client,
    coalesce(t.decision, 'deny') AS decision,
    coalesce(t.reason, CASE WHEN a.key IS NULL THEN 'client_unresolved' ELSE 'no_policy' END) AS reason,
    coalesce(t.zone, '') AS zone,
    coalesce(t.rule, '') AS rule
FROM (
    SELECT client, key,
        CASE WHEN key LIKE '00000000000000000000ffff%' THEN concat('4', substr(key, 25, 4)) ELSE concat('6', substr(key, 1, 4)) END AS bucket
    FROM netwicket_keys
) AS a
LEFT JOIN netwicket_ranges AS t ON t.bucket = a.bucket AND a.key >= t.first AND a.key <= t.last;

-- 4. Differences: the requests that the two policies decide differently.
SELECT t.was_decision, t.decision, count(*) AS requests, count(DISTINCT a.client) AS clients
FROM (
    SELECT client, key,
        CASE WHEN key LIKE '00000000000000000000ffff%' THEN concat('4', substr(key, 25, 4)) ELSE concat('6', substr(key, 1, 4)) END AS bucket
    FROM netwicket_keys
) AS a
JOIN netwicket_ranges AS t ON t.bucket = a.bucket AND a.key >= t.first AND a.key <= t.last
WHERE t.was_decision <> t.decision
GROUP BY t.was_decision, t.decision
ORDER BY t.was_decision, t.decision;
