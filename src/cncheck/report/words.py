"""The fixed words of the text report, in both languages."""

from __future__ import annotations

from cncheck.conditions import Text

VERDICTS = {
    "applies": Text("APPLIES", "适用"),
    "undetermined": Text("UNDETERMINED", "无法判定"),
    "does_not_apply": Text("does not apply", "不适用"),
}
FORCES = {
    "mandatory": Text("mandatory", "强制"),
    "pilot": Text("pilot, no sales ban", "试点，不限制销售"),
    "voluntary": Text("voluntary", "自愿"),
    "recommended": Text("recommended", "推荐"),
    "informational": Text("for information", "参考信息"),
}
STATUSES = {
    "violated": Text("VIOLATED", "违反"),
    "open": Text("open", "待办"),
    "undetermined": Text("undetermined", "无法判定"),
    "upcoming": Text("upcoming", "即将实施"),
    "met": Text("met", "已满足"),
    "not_bound": Text("not yours", "非本方义务"),
    "ended": Text("ended", "已结束"),
}
CHANGES = {
    "no longer a duty": Text("no longer a duty", "不再是义务"),
    "not in force": Text("not in force", "无有效要求"),
    "none": Text("none", "无"),
    "new duty, open": Text("new duty, open", "新增义务，待办"),
    "new duty, violated": Text("new duty, violated", "新增义务，违反"),
    "new duty, met": Text("new duty, met", "新增义务，已满足"),
    "new duty, upcoming": Text("new duty, upcoming", "新增义务，即将实施"),
    "missing": Text("missing", "缺少"),
    "new duty, undetermined": Text("new duty, undetermined", "新增义务，无法判定"),
}
"""What a change may say besides verdicts, statuses and the titles of phases."""
NOTES = {
    "erratum": Text("Erratum", "更正"),
    "unconfirmed": Text("Not confirmed", "未证实"),
    "warning": Text("Warning", "警告"),
    "info": Text("Note", "说明"),
}
CONFIDENCES = {
    "confirmed": Text("", ""),
    "single_source": Text("single source", "单一来源"),
    "unconfirmed": Text("not confirmed", "未证实"),
}
WAIVERS = {
    "expiring": Text(
        "expires on {day}, renew it or mend the cause", "将于 {day} 到期，请续期或消除原因"
    ),
    "expired": Text("EXPIRED on {day}, it no longer holds", "已于 {day} 到期，不再有效"),
    "unused": Text("lets nothing pass, remove it", "未放行任何内容，请删除"),
    "no_product": Text("there is no such product: was it renamed?", "没有这样的产品，是否已改名？"),
    "unknown": Text(
        "no pack has this duty or scheme, is the id right?",
        "没有规则包含有该义务或制度，编号是否正确？",
    ),
}
"""What is said of a waiver in each of these states; in the others it needs no attention."""
ANSWERS = {True: Text("yes", "是"), False: Text("no", "否"), None: Text("unknown", "未知")}

WORDS = {
    "asked": Text("asked for {day}", "基准日 {day}"),
    "nothing_in_force": Text("nothing in force on this day", "当日尚无或已无有效要求"),
    "from": Text("from {day}", "自 {day}"),
    "for_later_units": Text("only for units made or imported from {day}", "仅适用于自 {day} 起生产或进口的产品"),
    "until": Text("until {day}", "至 {day}"),
    "due": Text("due {day}", "截止 {day}"),
    "overdue": Text("OVERDUE since {day}", "已逾期，截止日 {day}"),
    "binds": Text("binds {who}", "义务主体：{who}"),
    "usually_binds": Text("The duties bind {who}, unless others are named.", "除另有注明外，义务主体为：{who}。"),
    "source": Text("source: {what}", "依据：{what}"),
    "read_in": Text("read in", "见"),
    "because": Text("because", "依据事实"),
    "passed_test": Text("{fact} = {value}, {test}", "{fact} = {value}，符合“{test}”"),
    "failed_test": Text("{fact} = {value}, not {test}", "{fact} = {value}，不符合“{test}”"),
    "open_test": Text("{fact} = {value}, which does not tell: {test}?", "{fact} = {value}，不足以判断“{test}”"),
    "lower_bound_test": Text(
        "{fact} = {value}, but {item} does not state it, or is no homogeneous material ({test}?)",
        "{fact} = {value}，但 {item} 未说明，或不是均质材料（{test}？）"),
    "unknown_test": Text("{fact} is not stated ({test}?)", "未说明 {fact}（{test}？）"),
    "missing": Text("missing", "缺少"),
    "which": Text("{fact} (true does not say which)", "{fact}（true 未说明是哪一种）"),
    "asking_roles": Text(
        "{roles} (what binds other roles stays open until roles are stated)",
        "{roles}（其他角色的义务须说明角色后判定）"),
    "one_unit": Text(
        "Judged for a unit made or imported on {day}. To ask about the model as it is made from today on,"
        " leave produced_on out.",
        "按 {day} 生产或进口的产品判定。如需判定今后生产的产品，请不要填写 produced_on。"),
    "exemptions": Text("an exemption claimed for a material", "某材料主张例外"),
    "unclear": Text("the law leaves open", "法规未明确"),
    "next_change": Text("Next change {day}: {what}", "下次变化 {day}：{what}"),
    "evidence": Text("show it with {what}", "证据字段 {what}"),
    "folded": Text("{count} more: {what} (--all)", "另有 {count} 项：{what}（--all 列出）"),
    "folded_notes": Text("{count} more notes (--all)", "另有 {count} 条说明（--all 列出）"),
    "does_not_apply": Text("Does not apply", "不适用"),
    "missing_title": Text("Missing facts, and what they would settle", "缺少的事实及其可判定的内容"),
    "settles": Text("settles {what}", "可判定 {what}"),
    "assumed": Text("Assumed, because nothing was said", "未说明而作的假定"),
    "presumed": Text("Presumed not to hold, because nobody stated it", "未说明而推定不成立的例外"),
    "presumed_no": Text("presumed not: {what}", "推定不成立：{what}"),
    "presumed_as": Text("{what} (--no-presume asks for these facts)", "{what}（--no-presume 要求说明这些事实）"),
    "optional": Text("optional", "可选"),
    "prepared": Text("what is stated would meet it", "所述证据已可满足"),
    "unprepared": Text("what is stated would not meet it", "所述证据尚不满足"),
    "made": Text("made or imported {day}", "生产或进口日期 {day}"),
    "other_kind": Text("Not about this kind of product", "不涉及此类产品"),
    "changes_on": Text("changes on {day}", "{day} 起变化"),
    "overview": Text("Overview", "概览"),
    "others": Text("{count} not binding", "非约束性 {count} 项"),
    "none_apply": Text("no scheme applies", "无适用制度"),
    "more_reasons": Text("and {count} more (--format json lists them)", "另有 {count} 项（见 --format json）"),
    "portfolio": Text("Duties of the enterprise over its products", "企业就其全部产品承担的义务"),
    "no_enterprise": Text("(no enterprise stated)", "（未说明企业）"),
    "skipped": Text("Skipped, no product in it", "已跳过，不含产品"),
    "how": Text(
        "`cncheck explain {id}` tells what this duty asks, and where what is missing stands in the descriptor.",
        "`cncheck explain {id}` 说明该义务的要求，以及缺少的内容写在产品描述文件何处。"),
    "not_covered": Text("Not covered by any pack: {what}", "尚无规则包覆盖：{what}"),
    "packs": Text("Rule packs: {what}", "规则包：{what}"),
    "packs_in_short": Text(
        "Rule packs: {count}, reviewed {days} (`cncheck rules list`)",
        "规则包：{count} 个，审阅于 {days}（`cncheck rules list`）"),
    "reviewed": Text("reviewed {day}", "审阅于 {day}"),
    "no_advice": Text(
        "This is information, no legal advice. Chinese original texts prevail.",
        "本结果仅供参考，不构成法律意见，以中文法规原文为准。"),
    "summary": Text(
        "{products}; schemes: {applies} applying, {undetermined} undetermined. Mandatory duties in force:"
        " {violated} violated, {open} open, {duties} undetermined.",
        "{products}：适用 {applies} 项制度，{undetermined} 项无法判定。现行强制义务："
        "违反 {violated} 项，待办 {open} 项，无法判定 {duties} 项。"),
    "gate_tripped": Text(
        "Gate: FAILED (exit code {code}), set to fail on {what}:",
        "门禁：未通过（退出码 {code}，失败条件：{what}）："),
    "gate_passed": Text("Gate: passed (fails on {what})", "门禁：通过（失败条件：{what}）"),
    "gate_errors": Text(
        "Gate: NOT PASSED (exit code 2), input that cannot be used: {count} in {files}",
        "门禁：未通过（退出码 2），输入有误 {count} 处：{files}"),
    "gate_nothing": Text(
        "Gate: NOT PASSED (exit code 3), nothing was evaluated",
        "门禁：未通过（退出码 3），未评估任何内容"),
    "waived": Text("waived until {day}: {reason} ({who})", "已豁免至 {day}：{reason}（{who}）"),
    "known": Text("in the baseline", "基线已有"),
    "let_pass": Text("Let pass: {what}", "放行：{what}"),
    "let_pass_waived": Text("{count} waived", "豁免 {count} 项"),
    "let_pass_known": Text("{count} known from the baseline", "基线已有 {count} 项"),
    "let_pass_title": Text("Let pass: {count}", "放行：{count} 项"),
    "falls_due": Text("falls due on {day}", "将于 {day} 到期"),
    "same_id": Text(
        "Ids of more than one product, which waivers and baseline take for one: {what}",
        "多个产品使用同一编号（豁免和基线视为同一产品）：{what}"),
    "baseline_gone": Text(
        "{count} of the baseline no longer occur: write it again with --write-baseline",
        "基线中有 {count} 项已不存在：请用 --write-baseline 重新写入"),
    "waiver": Text("Waiver {place} ({what}): {state}", "豁免 {place}（{what}）：{state}"),
    "one_product": Text("1 product", "1 个产品"),
    "products": Text("{count} products", "{count} 个产品"),
    "nothing": Text(
        "Nothing was evaluated: no product found (looked for .yaml, .yml, .json), or no pack selected.",
        "未评估任何内容：未找到产品（查找 .yaml、.yml、.json）或未选择规则包。"),
    "list_head_one": Text("{files}: 1 row, asked for {day}", "{files}：共 1 行，基准日 {day}"),
    "list_head": Text("{files}: {rows} rows, asked for {day}", "{files}：共 {rows} 行，基准日 {day}"),
    "list_applies": Text("applies", "适用"),
    "list_undetermined": Text("undetermined", "无法判定"),
    "list_does_not_apply": Text("does not apply", "不适用"),
    "list_duties": Text("{status}: rows by duty", "{status}：各义务的行数"),
    "list_missing": Text(
        "Missing facts, those first that help with most verdicts",
        "缺少的事实（可帮助判定最多者在前）"),
    "list_settles": Text(
        "would help with {verdicts}, alone settle {alone}: {question}",
        "{verdicts} 项判定，其中仅缺此项 {alone} 项：{question}"),
    "list_changes": Text("Next change: rows by day", "下次变化：各日期的行数"),
    "list_errors": Text(
        "Rows that cannot be read, and were not judged: {count}", "无法读取、未予判定的行数：{count}"),
    "list_error": Text("{rows} x, first in data row {row} of {file}", "{rows} 行，首见于 {file} 第 {row} 个数据行"),
    "list_more": Text("{count} more (--all)", "另有 {count} 项（--all 列出）"),
    "list_more_portfolio": Text(
        "{count} more (--all, or --portfolio FILE writes them all)",
        "另有 {count} 项（--all 列出，--portfolio FILE 写出全部）"),
    "list_duplicates": Text("Ids that occur more than once: {count} ({ids})", "重复的编号：{count} 个（{ids}）"),
    "list_ignored": Text(
        "Columns that were not looked at, for no fact and no map names them: {what}",
        "未使用的列（不是已知事实，对照表也未列出）：{what}"),
    "list_escaped": Text(
        "Cells that began like a formula and got an apostrophe (--raw leaves them): {count}",
        "以公式符号开头、已加撇号的单元格（--raw 保持原样）：{count}"),
    "list_presumed": Text(
        "Exceptions that a row does not state are presumed not to hold:"
        " --no-presume asks for these facts, --row ID names them.",
        "各行未说明的例外推定不成立：--no-presume 要求说明这些事实，--row ID 列出。"),
    "list_written": Text("Written to {file}, rows: {rows}", "已写入 {file}，行数：{rows}"),
    "list_gate_refused": Text(
        "Gate: NOT PASSED (exit code 2), lists that cannot be used and were left out: {files}",
        "门禁：未通过（退出码 2），无法使用而未检查的清单：{files}"),
    "list_gate_errors": Text(
        "Gate: NOT PASSED (exit code 2), rows that cannot be read: {count} (--allow-row-errors lets them pass)",
        "门禁：未通过（退出码 2），无法读取的行数：{count}（--allow-row-errors 可放行）"),
    "differs": Text("How the European Union differs", "与欧盟规则的差异"),
}  # fmt: skip
