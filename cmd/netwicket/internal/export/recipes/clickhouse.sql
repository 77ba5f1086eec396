-- 1. The table. An IPv4 address is a number as the IPv6 address ::ffff:a.b.c.d, so that one look-up answers both
-- families. ASOF JOIN wants a column that is equal besides, which is always 1. toIPv6OrNull takes 010.0.0.1, which is
-- another address to other programs, and nine groups: neither is readable here.
CREATE TABLE netwicket_ranges
(
    `one` UInt8 DEFAULT 1,
    `first` UInt128,
    `last` UInt128,
    `was_decision` LowCardinality(String),
    `was_reason` LowCardinality(String),
    `was_zone` LowCardinality(String),
    `was_rule` LowCardinality(String),
    `decision` LowCardinality(String),
    `reason` LowCardinality(String),
    `zone` LowCardinality(String),
    `rule` LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY `first`;

-- 2. Load. From a client: INSERT INTO ... SELECT ... FROM input('...') FORMAT CSVWithNames.
INSERT INTO netwicket_ranges
(
    `first`, `last`,
    `was_decision`, `was_reason`, `was_zone`, `was_rule`,
    `decision`, `reason`, `zone`, `rule`
)
SELECT
    toUInt128(toIPv6(start_ip)), toUInt128(toIPv6(end_ip)),
    was_decision, was_reason, was_zone, was_rule,
    decision, reason, zone, rule
FROM file('policy.csv.gz', 'CSVWithNames');

-- 3. Decisions about requests(client String).
SELECT
    a.client AS client,
    if(t.last >= a.key AND a.readable, t.decision, 'deny') AS decision,
    multiIf(NOT a.readable, 'client_unresolved', t.last >= a.key, t.reason, 'no_policy') AS reason,
    if(t.last >= a.key AND a.readable, t.zone, '') AS zone,
    if(t.last >= a.key AND a.readable, t.rule, '') AS rule
FROM
(
    SELECT
        client,
        toUInt8(1) AS one,
        isNotNull(toIPv6OrNull(client)) AND NOT match(client, '(^|[.:])0[0-9]+[.]|[.]0[0-9]+$')
            AND length(extractAll(client, '[^:]+')) + match(client, '[.]') <= 8 - (position(client, '::') > 0) AS readable,
        toUInt128(toIPv6OrDefault(client)) AS key
    FROM requests
) AS a
ASOF LEFT JOIN netwicket_ranges AS t ON a.one = t.one AND a.key >= t.first;

-- 4. Differences: the requests that the two policies decide differently.
SELECT
    if(t.last >= a.key, t.was_decision, 'deny') AS was,
    if(t.last >= a.key, t.decision, 'deny') AS is,
    count() AS requests,
    uniqExact(a.client) AS clients
FROM
(
    SELECT client, toUInt8(1) AS one, toUInt128(toIPv6(client)) AS key
    FROM requests
    WHERE isNotNull(toIPv6OrNull(client)) AND NOT match(client, '(^|[.:])0[0-9]+[.]|[.]0[0-9]+$')
            AND length(extractAll(client, '[^:]+')) + match(client, '[.]') <= 8 - (position(client, '::') > 0)
) AS a
ASOF LEFT JOIN netwicket_ranges AS t ON a.one = t.one AND a.key >= t.first
WHERE was != is
GROUP BY was, is
ORDER BY was, is;
