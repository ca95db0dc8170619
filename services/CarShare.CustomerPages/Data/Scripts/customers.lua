-- ARGV: "list", after, limit: customers by id; "these", customers: those of them that are known. Answers customer,
-- contact, balance and owed of each, flat.
-- "words", what was typed, after, limit: words that begin with it, each with its customer behind a separator.
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

if ARGV[1] == 'words' then
    local from = ARGV[3] == '' and '[' .. ARGV[2] or '(' .. ARGV[3]
    return redis.call('ZRANGEBYLEX', 'customers:words', from, '[' .. ARGV[2] .. '\255', 'LIMIT', 0, ARGV[4])
end

if ARGV[1] == 'these' then
    for i = 2, #ARGV do
        if redis.call('ZSCORE', 'customers', ARGV[i]) then tell(ARGV[i]) end
    end
else
    local from = ARGV[2] == '' and '-' or '(' .. ARGV[2]
    local found = redis.call('ZRANGEBYLEX', 'customers', from, '+', 'LIMIT', 0, ARGV[3])
    for _, customer in ipairs(found) do tell(customer) end
end

return rows
