"use strict";
(() => {
	const form = document.getElementById("filters");
	const all = [...document.querySelectorAll(".group .finding")];
	if (!form || all.length < 2) return;
	const on = name => new Set([...form.querySelectorAll(`input[name=${name}]:checked`)].map(i => i.value));
	const apply = () => {
		const levels = on("level"), kinds = on("kind");
		let shown = 0;
		for (const f of all) {
			f.hidden = levels.size > 0 && !levels.has(f.dataset.level) || kinds.size > 0 && !kinds.has(f.dataset.kind);
			if (!f.hidden) shown++;
		}
		for (const g of document.querySelectorAll(".group")) {
			const own = [...g.querySelectorAll(".finding")];
			if (own.length == 0) continue;
			g.hidden = own.every(f => f.hidden);
			const entry = document.querySelector(`[data-for="${CSS.escape(g.id)}"]`);
			if (entry) entry.hidden = g.hidden;
		}
		document.getElementById("none").hidden = shown > 0;
		document.getElementById("shown").textContent = shown == all.length ? "" : `${shown} of ${all.length} shown`;
	};
	form.addEventListener("change", apply);
	form.addEventListener("submit", e => e.preventDefault());
	form.hidden = false;
	apply();
})();
