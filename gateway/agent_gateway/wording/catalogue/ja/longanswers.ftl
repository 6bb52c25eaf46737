long-whole = 回答の全文（{ NUMBER($count) } 行、{ $characters } 文字）は下の { $file } にあります。
long-code = コード（{ NUMBER($count) } 行）は下の { $file } にあります。
long-parts = 内容:
long-more = ほか { $count } 件
