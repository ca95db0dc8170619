-- One event: its effect and the position behind it, in one step.
-- KEYS: positions, and what the event is about ("order:<id>" | "product:<id>" | "dead-letters").
-- ARGV: partition (empty: no position), the offset it follows, the offset behind it, position, kind, then an envelope (see there), or the
-- id and the text of a dead letter. Behind the envelope of a page: 1 if there need not be one yet, and the
-- time (in seconds) that counts as its last event's if that was sooner.
-- Answers 1 for something new, 0 for something known, -1 when the position it follows is not there,
-- -2 when the page it tells of is not there and may be archived.
local positions, subject = KEYS[1], KEYS[2]
local partition, follows, behind, position, kind = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5]

local stored, sequence
if partition ~= '' then
    local held = redis.call('HGET', positions, partition)
    if not held then return -1 end
    stored, sequence = string.match(held, '^(%d+) %S+ (%d+)$')
    stored, sequence = tonumber(stored), tonumber(sequence)
    if stored < follows then return -1 end
end

if kind == 'page' and ARGV[7] ~= '1' and redis.call('EXISTS', subject) == 0 then return -2 end

local function load(key)
    local flat, hash = redis.call('HGETALL', key), {}
    for i = 1, #flat, 2 do hash[flat[i]] = flat[i + 1] end
    return hash
end

-- A field is stored as "<rank> <sequence> <JSON>".
local function outranks(rank, sequence, old)
    if not old then return true end
    local r, s = string.match(old, '^(%S+) (%S+) ')
    r, s, rank, sequence = tonumber(r), tonumber(s), tonumber(rank), tonumber(sequence)
    return rank > r or rank == r and sequence >= s
end

-- Sets what outranks what is known, here and in the list of news.
local function merge(known, sequence, facts, news)
    for _, fact in ipairs(facts) do
        local field, rank, value = fact[1], fact[2], fact[3]
        local now = rank .. ' ' .. sequence .. ' ' .. value
        if known[field] ~= now and outranks(rank, sequence, known[field]) then known[field], news[field] = now, now end
    end
end

local function store(key, news)
    local fields = {}
    for name, value in pairs(news) do fields[#fields + 1], fields[#fields + 2] = name, value end
    if #fields > 0 then redis.call('HSET', key, unpack(fields)) end
end

-- The document without its end (what is joined at read follows), how many events it tells and when the last of them happened, in seconds.
local function render(page, customer, order)
    local parts = { '{"orderId":"' .. order .. '","customerId":' .. cjson.encode(customer) }
    for _, field in ipairs(FIELDS) do
        local value = page[field] and string.match(page[field], '^%S+ %S+ (.*)$')
        -- A name that no event of the order told is joined at read.
        if value or field ~= 'modelName' then
            parts[#parts + 1] = ',"' .. field .. '":' .. (value or field == 'vehicles' and '[]' or 'null')
        end
    end

    local lines = {}
    for name, line in pairs(page) do
        if string.sub(name, 1, 5) == 'line:' then lines[#lines + 1] = line end
    end
    table.sort(lines)
    local latest = tonumber(string.sub(lines[#lines], 1, 19)) / 1e7
    for i, line in ipairs(lines) do lines[i] = string.match(line, '^%S+ %S+ %S+ (.*)$') end
    return table.concat(parts) .. ',"timeline":[' .. table.concat(lines, ',') .. ']', #lines, latest
end

-- The deposit as it was told last, and what was taken from it since: an approval does not say what it left. What a new
-- word of it covers goes; nothing else looks at all of them, or each payment would cost more than the one before.
local function settle(change, customer, told, isNews)
    local key = 'debits:{' .. customer .. '}'
    local function since(sequence)
        local at = told and string.match(told, '^%S+ (%S+)')
        return not at or tonumber(sequence) > tonumber(at)
    end
    if (change.debit or '') ~= '' and since(change.sequence) then
        redis.call('HSET', key, change.id, change.sequence .. ' ' .. change.debit)
    end
    if not isNews then return end
    for id, debit in pairs(load(key)) do
        if not since(string.match(debit, '^%S+')) then redis.call('HDEL', key, id) end
    end
end

local function applyToCustomer(change, customer)
    -- What waited since before an update may not have it.
    if #(change.ofCustomer or {}) == 0 then return 0 end
    local key = 'customer:{' .. customer .. '}'
    local known, news = load(key), {}
    merge(known, change.sequence, change.ofCustomer, news)
    store(key, news)
    settle(change, customer, known.balance, news.balance)
    return next(news) and 1 or 0
end

-- Written whenever it is missing, not only when something is new: who tells an event again gets back whatever was lost.
local function list(page, customer, order, words, latest)
    local status = string.match(page.orderStatus, '"(.*)"')
    local over = status == 'Returned' or status == 'Cancelled' or status == 'Rejected'
    redis.call('ZADD', 'pages:{' .. customer .. '}', 0, order)
    redis.call(over and 'ZREM' or 'ZADD', 'open:{' .. customer .. '}', unpack(over and { order } or { 0, order }))
    latest = math.max(latest, tonumber(ARGV[8]))
    redis.call(over and 'ZADD' or 'ZREM', 'over', unpack(over and { latest, order } or { order }))
    redis.call('ZADD', 'customers', 0, customer)
    for _, word in ipairs(words) do redis.call('ZADD', 'customers:words', 0, word .. '\31' .. customer) end
end

local function applyToPage(change, envelope)
    local known = redis.call('HGET', subject, 'customer')
    local customer = change.customer ~= '' and change.customer or known
    -- Nobody knows yet whose order this is: what it tells waits beside the order.
    if not customer then return redis.call('HSET', subject, change.id, envelope) end

    local changes = { change }
    if not known then
        for _, waiting in pairs(load(subject)) do changes[#changes + 1] = cjson.decode(waiting) end
        redis.call('DEL', subject)
        redis.call('HSET', subject, 'customer', customer)
    end

    local order = change.order
    local key = 'page:{' .. customer .. '}:' .. order
    local page, news = load(key), {}
    local fresh = page['line:' .. change.id] and 0 or 1
    for _, told in ipairs(changes) do
        local line = 'line:' .. told.id
        if page[line] ~= told.line then page[line], news[line] = told.line, told.line end
        merge(page, told.sequence, told.facts, news)
        applyToCustomer(told, customer)
    end

    -- An order that orders has not announced is none: what others tell of it is kept until then.
    if page.orderStatus then
        local json, version, latest = render(page, customer, order)
        if json ~= page.json or page.version ~= tostring(version) then
            news.json, news.version = json, tostring(version)
            redis.call('PUBLISH', 'changes:{' .. customer .. '}', order)
        end
        list(page, customer, order, change.words, latest)
    end
    store(key, news)
    return fresh
end

local function applyToProduct(change)
    local held = redis.call('HGET', subject, 'version')
    if held and tonumber(held) > tonumber(change.version) then return 0 end
    redis.call('HSET', subject, 'version', change.version, 'available', change.available, 'modelName', change.modelName)
    return held == change.version and 0 or 1
end

local fresh = 0
if kind == 'page' then fresh = applyToPage(cjson.decode(ARGV[6]), ARGV[6])
elseif kind == 'product' then fresh = applyToProduct(cjson.decode(ARGV[6]))
elseif kind == 'customer' then
    local change = cjson.decode(ARGV[6])
    fresh = applyToCustomer(change, change.customer)
elseif kind == 'park' then fresh = redis.call('HSETNX', subject, ARGV[6], ARGV[7])
end

-- An event of the outbox moves the sequence only; one of the log may know less of it than is known.
if stored then
    local offset, id, reached = string.match(position, '^(%d+) (%S+) (%d+)$')
    if tonumber(reached) < sequence then reached = string.format('%.0f', sequence) end
    if behind > stored or behind == stored and tonumber(reached) > sequence then
        redis.call('HSET', positions, partition, offset .. ' ' .. id .. ' ' .. reached)
    end
end
return fresh
