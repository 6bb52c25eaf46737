long-whole = 完整回答（{ NUMBER($count) } 行，{ $characters } 个字符）在下面的 { $file } 里。
long-code = 代码（{ NUMBER($count) } 行）在下面的 { $file } 里。
long-parts = 内容：
long-more = 还有 { $count } 部分
