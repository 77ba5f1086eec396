-- 1. The table, and an address as 32 hexadecimal digits, which sort as addresses do: an IPv4 address as the IPv6
-- address ::ffff:a.b.c.d, so that one look-up answers both families. Text that is no address has no key.
CREATE OR REPLACE FUNCTION netwicket_key(address VARCHAR) RETURNS VARCHAR AS
$$
    CASE
        WHEN address IS NULL OR NOT REGEXP_LIKE(address, '[0-9A-Fa-f:.]+') OR REGEXP_LIKE(address, '(.*[.:])?0[0-9]+([.].*)?') AND CONTAINS(address, '.') THEN NULL
        WHEN PARSE_IP(address, 'INET', 1):error IS NOT NULL THEN NULL
        WHEN PARSE_IP(address, 'INET', 1):family::INTEGER = 4
            THEN '00000000000000000000ffff' || LPAD(LOWER(TRIM(TO_CHAR(PARSE_IP(address, 'INET', 1):ipv4::INTEGER, 'XXXXXXXX'))), 8, '0')
        ELSE LOWER(PARSE_IP(address, 'INET', 1):hex_ipv6::VARCHAR)
    END
$$;
CREATE OR REPLACE FUNCTION netwicket_bucket(key VARCHAR) RETURNS VARCHAR AS
$$
    IFF(STARTSWITH(key, '00000000000000000000ffff'), '4' || SUBSTR(key, 25, 4), '6' || SUBSTR(key, 1, 4))
$$;
CREATE OR REPLACE TABLE netwicket_ranges
(
    bucket VARCHAR NOT NULL,
    first VARCHAR NOT NULL,
    last VARCHAR NOT NULL,
    was_decision VARCHAR,
    was_reason VARCHAR,
    was_zone VARCHAR,
    was_rule VARCHAR,
    decision VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    zone VARCHAR,
    rule VARCHAR
)
CLUSTER BY (bucket);

-- 2. Load, by snowsql.
CREATE OR REPLACE TEMPORARY STAGE netwicket_stage FILE_FORMAT = (TYPE = CSV, SKIP_HEADER = 1, FIELD_OPTIONALLY_ENCLOSED_BY = '"', EMPTY_FIELD_AS_NULL = FALSE);
PUT file://policy.csv.gz @netwicket_stage;
INSERT INTO netwicket_ranges
(
    bucket, first, last,
    was_decision, was_reason, was_zone, was_rule,
    decision, reason, zone, rule
)
SELECT
    netwicket_bucket(netwicket_key($2)), netwicket_key($2), netwicket_key($3),
    $11 /* was_decision */, $12 /* was_reason */, $13 /* was_zone */, $14, /* was_rule */
    $7, $8, $9, $10
FROM @netwicket_stage;

-- 3. Decisions about requests(client VARCHAR). Not for a table with --no-buckets.
SELECT
    a.client,
    COALESCE(t.decision, 'deny') AS decision,
    COALESCE(t.reason, IFF(a.key IS NULL, 'client_unresolved', 'no_policy')) AS reason,
    COALESCE(t.zone, '') AS zone,
    COALESCE(t.rule, '') AS rule
FROM (SELECT client, netwicket_key(client) AS key, netwicket_bucket(netwicket_key(client)) AS bucket FROM requests) AS a
LEFT JOIN netwicket_ranges AS t ON t.bucket = a.bucket AND a.key >= t.first AND a.key <= t.last;

-- 4. Differences: the requests that the two policies decide differently.
SELECT t.was_decision, t.decision, COUNT(*) AS requests, COUNT(DISTINCT a.client) AS clients
FROM (SELECT client, netwicket_key(client) AS key, netwicket_bucket(netwicket_key(client)) AS bucket FROM requests) AS a
JOIN netwicket_ranges AS t ON t.bucket = a.bucket AND a.key >= t.first AND a.key <= t.last
WHERE t.was_decision <> t.decision
GROUP BY t.was_decision, t.decision
ORDER BY t.was_decision, t.decision;
