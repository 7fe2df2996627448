-- What TestNeovim does in neovim 0.7 or newer. Each wait ends when what it waits
-- for has come, or the test has failed.

local function check(ok, what)
	if not ok then
		io.stderr:write("failed: " .. what .. "\n")
		vim.cmd("cquit 1")
	end
end

local function wait(what, f)
	check(vim.wait(120000, f, 20), what)
end

local function show(bufnr)
	for _, d in ipairs(vim.diagnostic.get(bufnr)) do
		local lsp = d.user_data.lsp
		print(string.format("%d:%d severity %d, %s %s: %s", d.lnum + 1, d.col + 1, d.severity, d.source, lsp.code, d.message))
		for _, r in ipairs(lsp.relatedInformation or {}) do
			local file = vim.fn.fnamemodify(vim.uri_to_fname(r.location.uri), ":.")
			print(string.format("  %s:%d %s", file, r.location.range.start.line + 1, r.message))
		end
	end
end

local root = vim.fn.getcwd()
local exit
local function start(command)
	return vim.lsp.start_client({
		name = "loopvet",
		cmd = command,
		root_dir = root,
		workspace_folders = { { uri = vim.uri_from_fname(root), name = "examples" } },
		on_exit = function(code) exit = code end,
	})
end

vim.cmd("edit stalled/main.go")
local id = start({ os.getenv("LOOPVET"), "lsp" })
check(id, "start")
vim.lsp.buf_attach_client(0, id)

-- The file has a finding, and so has another one that is not open.
wait("diagnostics", function() return #vim.diagnostic.get(0) > 0 end)
show(0)
local receipts = vim.uri_to_bufnr(vim.uri_from_fname(root .. "/stalled/receipts/receipts.go"))
wait("diagnostics of the other file", function() return #vim.diagnostic.get(receipts) > 0 end)
show(receipts)

-- Why?
local line = vim.diagnostic.get(0)[1].lnum
local function go_to(n) vim.api.nvim_win_set_cursor(0, { n + 1, 0 }) end
go_to(line)
local function ask(method, params)
	local answers, err = vim.lsp.buf_request_sync(0, method, params, 60000)
	check(answers and answers[id] and not answers[id].error, method .. ": " .. vim.inspect(err or answers))
	return answers[id].result
end
local why = ask("textDocument/hover", vim.lsp.util.make_position_params()).contents.value
print((why:gsub("yaml:%d+", "yaml:N")))

-- The fix, which is not offered while the text is another one.
local function actions(n)
	go_to(n)
	local params = vim.lsp.util.make_range_params()
	params.context = { diagnostics = vim.lsp.diagnostic.get_line_diagnostics(0, line) }
	return ask("textDocument/codeAction", params)
end
vim.api.nvim_buf_set_lines(0, -1, -1, true, { "// One more line." })
print("changed: " .. #actions(line) .. " actions")
vim.cmd("silent undo")
local offered = actions(line)
check(#offered > 0, "no actions")
for _, a in ipairs(offered) do
	print("action: " .. a.title)
end
vim.lsp.util.apply_workspace_edit(offered[1].edit, "utf-16")
vim.cmd("silent write")
wait("the diagnostic to go", function() return #vim.diagnostic.get(0) == 0 end)
print("after the fix: " .. #vim.diagnostic.get(0) .. " diagnostics here, " .. #vim.diagnostic.get(receipts) .. " there")

-- It ends as the protocol wants it.
vim.lsp.stop_client(id)
wait("the end", function() return exit end)
print("exit code " .. exit)
