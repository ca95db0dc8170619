-- KEYS: positions. ARGV: what to do, then by that: partition, position, sequence owed (empty: none) | partition, sequence answered.
local positions, action, partition = KEYS[1], ARGV[1], ARGV[2]
local owed = partition .. '/ask'
if action == 'save' then
    redis.call('HSET', positions, partition, ARGV[3])
    if ARGV[4] == '' then redis.call('HDEL', positions, owed) else redis.call('HSET', positions, owed, ARGV[4]) end
elseif action == 'answered' then
    local after = redis.call('HGET', positions, owed)
    if after and tonumber(after) >= tonumber(ARGV[3]) then redis.call('HDEL', positions, owed) end
end
return 0
