-- ARGV: "find", what was typed, after, limit: customers by id, those whose words begin with it; "one", customer.
-- Answers customer, contact, balance and owed of each, flat.
local rows = {}
local function tell(customer)
    local told = redis.call('HMGET', 'customer:{' .. customer .. '}', 'contact', 'balance', 'owed')
    for i = 1, 3 do told[i] = told[i] and string.match(told[i], '^%S+ %S+ (.*)$') or 'null' end
    if told[2] ~= 'null' then
        local balance = tonumber(told[2])
        for _, debit in ipairs(redis.call('HVALS', 'debits:{' .. customer .. '}')) do
            balance = balance - tonumber(string.match(debit, ' (.*)$'))
        end
        told[2] = string.format('%.0f', balance)
    end
    rows[#rows + 1], rows[#rows + 2], rows[#rows + 3], rows[#rows + 4] = customer, told[1], told[2], told[3]
end

if ARGV[1] == 'one' then
    if redis.call('ZSCORE', 'customers', ARGV[2]) then tell(ARGV[2]) end
    return rows
end

local search, after, limit = ARGV[2], ARGV[3], tonumber(ARGV[4])
local found = {}
if search == '' then
    found = redis.call('ZRANGEBYLEX', 'customers', after == '' and '-' or '(' .. after, '+', 'LIMIT', 0, limit)
else
    local known = {}
    -- Who types one letter gets some of very many; each further letter narrows them.
    for _, word in ipairs(redis.call('ZRANGEBYLEX', 'customers:words', '[' .. search, '[' .. search .. '\255', 'LIMIT', 0, 1000)) do
        local customer = string.match(word, '\31(.*)$')
        if customer > after and not known[customer] then
            known[customer] = true
            found[#found + 1] = customer
        end
    end
    table.sort(found)
end

for i = 1, math.min(limit, #found) do tell(found[i]) end
return rows
