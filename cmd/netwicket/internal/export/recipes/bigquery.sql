-- 1. The table, and an address as 32 hexadecimal digits, which sort as addresses do: an IPv4 address as the IPv6
-- address ::ffff:a.b.c.d, so that one look-up answers both families. Text that is no address has no key.
CREATE OR REPLACE FUNCTION netwicket.key(address STRING) RETURNS STRING AS (
    CASE BYTE_LENGTH(NET.SAFE_IP_FROM_STRING(address))
        WHEN 4 THEN CONCAT('00000000000000000000ffff', TO_HEX(NET.SAFE_IP_FROM_STRING(address)))
        WHEN 16 THEN TO_HEX(NET.SAFE_IP_FROM_STRING(address))
    END
);
CREATE OR REPLACE FUNCTION netwicket.bucket(key STRING) RETURNS STRING AS (
    IF(STARTS_WITH(key, '00000000000000000000ffff'), CONCAT('4', SUBSTR(key, 25, 4)), CONCAT('6', SUBSTR(key, 1, 4)))
);
CREATE OR REPLACE TABLE netwicket.ranges
(
    bucket STRING NOT NULL,
    first STRING NOT NULL,
    last STRING NOT NULL,
    was_decision STRING,
    was_reason STRING,
    was_zone STRING,
    was_rule STRING,
    decision STRING NOT NULL,
    reason STRING NOT NULL,
    zone STRING,
    rule STRING
)
CLUSTER BY bucket;

-- 2. Load.
LOAD DATA OVERWRITE netwicket.csv
(
    family STRING, start_ip STRING, end_ip STRING, start_int STRING, end_int STRING, network_bucket STRING,
    decision STRING, reason STRING, zone STRING, rule STRING
    , was_decision STRING, was_reason STRING, was_zone STRING, was_rule STRING
)
FROM FILES (format = 'CSV', skip_leading_rows = 1, uris = ['gs://BUCKET/policy.csv.gz']);
INSERT INTO netwicket.ranges
(
    bucket, first, last,
    was_decision, was_reason, was_zone, was_rule,
    decision, reason, zone, rule
)
SELECT
    netwicket.bucket(netwicket.key(start_ip)), netwicket.key(start_ip), netwicket.key(end_ip),
    was_decision, was_reason, was_zone, was_rule,
    decision, reason, zone, rule
FROM netwicket.csv;
DROP TABLE netwicket.csv;

-- 3. Decisions about requests(client STRING). Not for a table with --no-buckets.
SELECT
    a.client,
    COALESCE(t.decision, 'deny') AS decision,
    COALESCE(t.reason, IF(a.key IS NULL, 'client_unresolved', 'no_policy')) AS reason,
    COALESCE(t.zone, '') AS zone,
    COALESCE(t.rule, '') AS rule
FROM (SELECT client, netwicket.key(client) AS key, netwicket.bucket(netwicket.key(client)) AS bucket FROM netwicket.requests) AS a
LEFT JOIN netwicket.ranges AS t ON t.bucket = a.bucket AND a.key >= t.first AND a.key <= t.last;

-- 4. Differences: the requests that the two policies decide differently.
SELECT t.was_decision, t.decision, COUNT(*) AS requests, COUNT(DISTINCT a.client) AS clients
FROM (SELECT client, netwicket.key(client) AS key, netwicket.bucket(netwicket.key(client)) AS bucket FROM netwicket.requests) AS a
JOIN netwicket.ranges AS t ON t.bucket = a.bucket AND a.key >= t.first AND a.key <= t.last
WHERE t.was_decision <> t.decision
GROUP BY t.was_decision, t.decision
ORDER BY t.was_decision, t.decision;
